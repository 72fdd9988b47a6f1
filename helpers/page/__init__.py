"""A chapter as one HTML file that needs no kernel: what is stored of its demos, and what makes them live there.

python -m helpers.page [notebooks/02_conv2d.ipynb …] site/
"""
