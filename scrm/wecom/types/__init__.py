"""What WeCom answers, typed, a module an area; times are aware datetimes, absent texts empty."""
