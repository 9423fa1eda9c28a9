"""What is asked over HTTP and what is answered: pages, forms and a little JSON."""
