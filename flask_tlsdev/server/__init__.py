"""How does the dev server speak HTTP, and who starts it?"""
