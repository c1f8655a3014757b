using TunnelRpc.Multiplexing;

namespace TunnelRpc.Calls;

/// <summary>Starts the calls of one method. Thread-safe.</summary>
internal abstract class MethodHandler
{
    public abstract TunnelMethod Method { get; }

    /// <summary>
    /// Decodes the arguments, puts the call into the multiplexer's table and queues its work; on the reader, so nothing of
    /// the application runs here but its types' constructors and setters.
    /// </summary>
    /// <exception cref="Serialization.MessagePackException">The arguments cannot be decoded; the call was not started.</exception>
    public abstract void Start(in IncomingCallInfo head, ReadOnlySpan<byte> arguments);
}
