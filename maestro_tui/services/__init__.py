"""The use cases: one method for each thing a person or an agent can say."""
