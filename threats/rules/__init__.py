"""The judgments of the threats app: plain values in, plain values out, the moment as an argument."""
