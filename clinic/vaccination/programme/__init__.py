"""What the programmes say: vaccines, series, ages, forecasts. Pure."""
