{{ measure_values('days') }}
