"""The link to the acquirer's host: tables, messages, sign-in, sale, reversal."""
