using TunnelRpc.Client;
using TunnelRpc.Load.Contract;
using TunnelRpc.Load.Running;
using TunnelRpc.Load.Targets;

namespace TunnelRpc.Load.Measures;

/// <summary>The clients of one case of <see cref="MemoryMeasure"/>, behind a relay, and what they make the server hold.</summary>
internal sealed class HeldCase(ServerProcess server) : IAsyncDisposable
{
    private readonly StallingRelay _relay = new(server.Ports[0]);
    private readonly CancellationTokenSource _end = new();
    private readonly List<TunnelClient> _clients = [];

    // They must stay reachable: an abandoned stream is cancelled.
    private readonly List<IAsyncEnumerator<byte[]>> _streams = [];

    /// <summary>Connects clients, each with one session.</summary>
    public async Task ConnectAsync(int sessions)
    {
        for (int i = 0; i < sessions; i++)
        {
            _clients.Add(await TunnelTarget.ConnectAsync(_relay.Port, TunnelTarget.MainTransport));
        }
    }

    /// <summary>Opens streams and takes one item of each, as far as they get one: their consumers take no others.</summary>
    public Task TakeOneItemAsync(int streams, int size)
    {
        foreach (TunnelClient client in _clients)
        {
            for (int i = 0; i < streams; i++)
            {
                IAsyncEnumerator<byte[]> stream = client.Get<IMemoryService>().ItemsAsync(size, _end.Token).GetAsyncEnumerator();
                _streams.Add(stream);
                _ = IgnoreEndAsync(stream.MoveNextAsync().AsTask());
            }
        }

        return Task.CompletedTask;
    }

    /// <summary>Makes calls that hold their argument.</summary>
    public Task HoldAsync(int calls, int size)
    {
        byte[] argument = new byte[size];
        return CallAsync(calls, (service, token) => service.HoldAsync(argument, token));
    }

    /// <summary>Makes calls whose replies the server cannot send, since the clients receive nothing any more.</summary>
    public Task LeaveRepliesAsync(int calls, int size)
    {
        _relay.Stall();
        return CallAsync(calls, (service, token) => service.ReplyAsync(size, token));
    }

    /// <summary>Disconnects the clients, which cannot connect again. The server keeps their sessions for the resume window.</summary>
    public void Disconnect() => _relay.Dispose();

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _relay.Dispose();
        await Task.WhenAll(_clients.Select(client => client.DisposeAsync().AsTask()));
        _end.Dispose();
    }

    private Task CallAsync(int calls, Func<IMemoryService, CancellationToken, Task> call)
    {
        foreach (TunnelClient client in _clients)
        {
            IMemoryService service = client.Get<IMemoryService>();
            for (int i = 0; i < calls; i++)
            {
                _ = IgnoreEndAsync(call(service, _end.Token));
            }
        }

        return Task.CompletedTask;
    }

    /// <summary>The calls end with the case, which is no failure.</summary>
    private static async Task IgnoreEndAsync(Task call)
    {
        try
        {
            await call;
        }
        catch (Exception error) when (error is OperationCanceledException or TunnelException)
        {
            // The case has ended.
        }
    }
}
