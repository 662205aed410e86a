"""One file that holds a whole home: written while a server runs, checked, and put back."""
