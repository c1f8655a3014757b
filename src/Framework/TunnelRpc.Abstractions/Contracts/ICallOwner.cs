namespace TunnelRpc;

/// <summary>The side of a session that serves a call, as the call's context sees it. Thread-safe.</summary>
internal interface ICallOwner
{
    /// <summary>Sends calls to the caller.</summary>
    TunnelInvoker Invoker { get; }

    /// <summary>The clock of deadlines.</summary>
    TimeProvider TimeProvider { get; }
}
