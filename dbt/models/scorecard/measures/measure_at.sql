{{ measure_values('at') }}
