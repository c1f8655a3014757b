using System.Threading.Channels;

namespace TunnelRpc.Calls.Tests.Apps;

internal sealed class Guest(Channel<string> notes) : IGuest
{
    public Task<string> GreetAsync(string name, CancellationToken cancellationToken) => Task.FromResult($"hello {name}");

    public ValueTask NoteAsync(string text) => notes.Writer.WriteAsync(text);

    public async Task AcceptAsync(string text, CancellationToken cancellationToken) =>
        await notes.Writer.WriteAsync(text, cancellationToken);
}
