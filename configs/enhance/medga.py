"""The row "MedGA" of paper 002, table 1: gray levels remapped by a genetic algorithm (Rundo et al. 2019).

Paper 002 says "default parameters": those of the source. Its readings are in docs/classical.md.
"""

enhancer = dict(
    type="MedGA",
    population=100,  # Rundo 2019
    generations=100,  # Rundo 2019
    tournament=20,  # Rundo 2019
    crossover=0.9,  # Rundo 2019, of a pair
    mutation=0.01,  # Rundo 2019, of a gene
    elitism=1,  # Rundo 2019
    share=0.33,  # Rundo 2019: a side's half range is three deviations
    seed=0,  # ours; each image starts from it
)
