# lesion-enhance with all extras, without the workflow (Snakefile): docker build -t lesion-enhance .
#   docker run --rm -v "$PWD:/data" lesion-enhance froc --ann test.json --pred a=predictions.bbox.json --out report
#   docker run --rm --gpus all -v "$PWD:/data" lesion-enhance predict bundle.zip IMAGES --out found
FROM python:3.11-slim AS build
COPY . /source
WORKDIR /source
# hadolint ignore=DL3042
RUN python -m venv /opt/lesion-enhance \
    && /opt/lesion-enhance/bin/pip install --no-cache-dir --constraint constraints.txt ".[all]" \
    # mmcv and imaug bring opencv-python, which needs libGL; the headless build gets the last word
    && /opt/lesion-enhance/bin/pip install --no-cache-dir --constraint constraints.txt --force-reinstall --no-deps \
        opencv-python-headless

FROM python:3.11-slim
COPY --from=build /opt/lesion-enhance /opt/lesion-enhance
ENV PATH="/opt/lesion-enhance/bin:$PATH" MPLBACKEND=Agg
RUN useradd --create-home --uid 1000 user
USER 1000
WORKDIR /data
ENTRYPOINT ["lesion-enhance"]
CMD ["--help"]
