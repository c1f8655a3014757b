namespace TunnelRpc.Tests.Negotiation;

/// <summary>Returns its argument.</summary>
internal sealed class EchoService : IEcho
{
    public ValueTask<string> EchoAsync(string text) => ValueTask.FromResult(text);
}
