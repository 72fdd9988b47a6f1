"""What every picture is made of: marks on a sheet, and the ways to show them. Knows no layer."""
