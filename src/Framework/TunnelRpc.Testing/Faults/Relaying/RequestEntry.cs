namespace TunnelRpc.Testing.Faults.Relaying;

/// <summary>A recorded request, whose response may be pending. Thread-safe.</summary>
internal sealed class RequestEntry(int connection, string method, string target)
{
    private volatile FaultProxyRequest _value = new(connection, method, target, null, false);

    public FaultProxyRequest Value => _value;

    public void SetResponse(int status, bool byProxy) => _value = _value with { Status = status, IsFromProxy = byProxy };
}
