namespace TunnelRpc.Generators.Locks;

/// <summary>The sides of a call, and which of them sends a value. The server calls the callbacks, the client everything else.</summary>
/// <param name="Caller">The side that calls: client or server.</param>
/// <param name="Callee">The side that serves the call.</param>
/// <param name="IsResult">Whether the value is sent by the callee: a result, an item of its stream, or the detail of a fault.</param>
internal readonly record struct CallSide(string Caller, string Callee, bool IsResult = false)
{
    /// <summary>The side that sends the value.</summary>
    public string Sender => IsResult ? Callee : Caller;

    /// <summary>The side that receives the value.</summary>
    public string Receiver => IsResult ? Caller : Callee;

    /// <summary>Returns the sides of a service.</summary>
    /// <param name="isCallback">Whether the service is a callback of another.</param>
    public static CallSide Of(bool isCallback) => isCallback ? new("server", "client") : new("client", "server");
}
