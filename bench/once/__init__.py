"""Random histories of crawls, reviews, clocks and digests: is every change told once?"""
