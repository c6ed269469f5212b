"""Load by JMeter: loadtest/plan.jmx, run through Maven."""
