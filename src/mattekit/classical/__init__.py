"""Matting without networks: closed-form, information flow, KNN, clean colours, GrabCut."""
