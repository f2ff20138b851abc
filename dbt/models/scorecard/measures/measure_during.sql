{{ measure_values('during') }}
