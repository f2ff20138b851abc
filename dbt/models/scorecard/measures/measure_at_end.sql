{{ measure_values('at_end') }}
