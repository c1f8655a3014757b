using TunnelRpc.Client;
using TunnelRpc.Load.Contract;
using TunnelRpc.Load.Running;
using TunnelRpc.Load.Targets;

namespace TunnelRpc.Load.Measures;

/// <summary>Many sessions with one server.</summary>
internal sealed class SessionSet(int port) : IAsyncDisposable
{
    private const int ConnectsAtOnce = 16;

    // Changed while nobody calls.
    private readonly List<TunnelClient> _clients = [];
    private ILoadService[] _services = [];

    /// <summary>Makes calls on one session, and opens and closes others, until the server's memory is that of a warm one.</summary>
    public async Task WarmUpAsync(TimeSpan duration)
    {
        await using var others = new SessionSet(port);
        await others.GrowAsync(200, CancellationToken.None);
        await CallLoop.RunAsync(others.OneSessionCaller(), UnaryMeasure.DefaultConcurrency, duration);
        await CallLoop.RunAsync(worker => others.RoundRobinCaller(worker, UnaryMeasure.DefaultConcurrency), UnaryMeasure.DefaultConcurrency, duration / 2);
    }

    /// <summary>Opens sessions until there are so many.</summary>
    public async Task GrowAsync(int count, CancellationToken cancellationToken)
    {
        var opened = new TunnelClient[count - _clients.Count];
        try
        {
            await Parallel.ForAsync(
                0,
                opened.Length,
                new ParallelOptions { MaxDegreeOfParallelism = ConnectsAtOnce, CancellationToken = cancellationToken },
                async (i, _) => opened[i] = await TunnelTarget.ConnectAsync(port, TunnelTarget.MainTransport));
        }
        finally
        {
            _clients.AddRange(opened.Where(c => c is not null));
        }

        _services = [.. _clients.Select(c => c.Get<ILoadService>())];
    }

    /// <summary>Calls of one session.</summary>
    public Func<ValueTask<Sample>> OneSessionCaller()
    {
        ILoadService service = _services[0];
        return () => service.EchoAsync(Sample.One);
    }

    /// <summary>Calls of one session after another, each worker's its own share of them.</summary>
    public Func<ValueTask<Sample>> RoundRobinCaller(int worker, int workers)
    {
        ILoadService[] own = [.. _services.Where((_, i) => i % workers == worker)];
        int turn = 0;
        return () => own[turn++ % own.Length].EchoAsync(Sample.One);
    }

    public async ValueTask DisposeAsync() => await Parallel.ForEachAsync(_clients, (client, _) => client.DisposeAsync());
}
