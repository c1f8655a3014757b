using System.Threading.Channels;

namespace TunnelRpc.Calls.Tests;

internal sealed class Listener(string name) : IListener
{
    public Channel<int> Values { get; } = Channel.CreateUnbounded<int>();

    public Task<string> EchoAsync(string text, CancellationToken cancellationToken) => Task.FromResult($"{name}: {text}");

    public ValueTask NextAsync(int value) => Values.Writer.WriteAsync(value);
}
