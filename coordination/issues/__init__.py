"""Issues: matters that a forum decides or refers up the chain, with every step kept."""
