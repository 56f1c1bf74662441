-- What happened to a ticket is never changed afterwards.
CREATE TRIGGER ticket_steps_stay BEFORE UPDATE ON ticket_steps
BEGIN
    SELECT RAISE(ABORT, 'ticket_steps_stay');
END;
