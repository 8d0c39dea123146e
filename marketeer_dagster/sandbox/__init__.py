"""A market in a box: vendors over loopback, a clock that is advanced, customers who answer to what is published."""
