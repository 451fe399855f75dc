"""A recording as something that other programs open: tables, data sets, reports; and films, made by the app's
own views. What there is to choose from is declared once, in `kinds`."""
