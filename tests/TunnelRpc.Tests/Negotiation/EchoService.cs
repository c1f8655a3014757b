namespace TunnelRpc.Tests.Negotiation;

/// <summary>Answers what it was asked.</summary>
internal sealed class EchoService : IEcho
{
    public ValueTask<string> EchoAsync(string text) => ValueTask.FromResult(text);
}
