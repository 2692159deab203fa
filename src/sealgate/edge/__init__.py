"""A site's program: cameras in, decisions out, one loop for each gate."""
