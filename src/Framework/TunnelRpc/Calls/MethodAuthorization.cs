namespace TunnelRpc.Calls;

/// <summary>Decides whether calls of one method may run. Thread-safe.</summary>
internal abstract class MethodAuthorization
{
    /// <summary>Decides about a call. Called once for each call, before its arguments are decoded, on a thread of the pool.</summary>
    /// <returns>Null if the call may run; else why not, as the caller gets it.</returns>
    public abstract ValueTask<TunnelException?> AuthorizeAsync(IncomingCall call, TunnelCallContext context);
}
