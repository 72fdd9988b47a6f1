"""What the browser gets: the module that draws a scene, walks it and answers to the hand, and the widgets round it."""
