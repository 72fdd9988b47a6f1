"""What pictures of layers share.

words: sizes, lists of numbers and whole arrays in words    rules: what a layer makes of the cells under its window
reading: an input as a window meets it, on any number of axes    plane: how that is drawn on two
blocks: how on three    equation: grids in a row, with names above and signs between    columns: grids in columns, a
row for each channel    paths: what feeds what in a stack    seen: what of the input its units see    cut: cubes behind
others, once those are taken away
"""
