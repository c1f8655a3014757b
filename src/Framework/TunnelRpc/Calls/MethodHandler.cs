namespace TunnelRpc.Calls;

/// <summary>Starts the calls of one method. Thread-safe.</summary>
internal abstract class MethodHandler
{
    /// <summary>The method.</summary>
    public abstract TunnelMethod Method { get; }

    /// <summary>Whether the caller sends a stream of items after its CALL, which then has no flag END.</summary>
    public virtual bool ReceivesItems => false;

    /// <summary>
    /// Where the calls run; null for the scheduler of the session, or the thread pool. Set before other threads have the handler.
    /// </summary>
    public CallScheduler? Scheduler { get; set; }

    /// <summary>
    /// Decides which calls may run; null if all may. Set before other threads have the handler. Such a call decodes its arguments on its
    /// own thread, after the decision.
    /// </summary>
    public MethodAuthorization? Authorization { get; set; }

    /// <summary>
    /// Decodes the arguments, adds the call to the stream table and queues its work. Called on the reader: of the application's code, only
    /// constructors and setters of the argument types run here. The arguments of a large message may be decoded later.
    /// </summary>
    /// <exception cref="Serialization.MessagePackException">The arguments cannot be decoded; the call was not started.</exception>
    public abstract void Start(in IncomingCallInfo head, ReadOnlySpan<byte> arguments);
}
