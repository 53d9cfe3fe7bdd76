"""What every report shares: numbers with intervals, tables, figures, pages."""
