"""Stands in for Colab's module of this name: notebooks look for it in sys.modules."""
