using TunnelRpc.Client;
using TunnelRpc.Load.Contract;
using TunnelRpc.Load.Running;
using TunnelRpc.Load.Targets;

namespace TunnelRpc.Load.Measures;

/// <summary>A number of sessions with one server.</summary>
internal sealed class SessionSet(int port) : IAsyncDisposable
{
    private const int ConnectsAtOnce = 16;

    // Changed only while no calls run.
    private readonly List<TunnelClient> _clients = [];
    private ILoadService[] _services = [];

    /// <summary>
    /// Opens other sessions, makes calls on them and closes them, so that the memory of the server is that of a warm process.
    /// </summary>
    public async Task WarmUpAsync(TimeSpan duration)
    {
        await using var others = new SessionSet(port);
        await others.GrowAsync(200, CancellationToken.None);
        await CallLoop.RunAsync(others.OneSessionCaller(), UnaryMeasure.DefaultConcurrency, duration);
        await CallLoop.RunAsync(
            worker => others.RoundRobinCaller(worker, UnaryMeasure.DefaultConcurrency), UnaryMeasure.DefaultConcurrency, duration / 2);
    }

    /// <summary>Opens sessions until there are <paramref name="count"/>.</summary>
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

    /// <summary>Returns a function that calls on the first session.</summary>
    public Func<ValueTask<Sample>> OneSessionCaller()
    {
        ILoadService service = _services[0];
        return () => service.EchoAsync(Sample.One);
    }

    /// <summary>Returns a function that calls on the sessions of a worker in turn. Each session belongs to one worker.</summary>
    public Func<ValueTask<Sample>> RoundRobinCaller(int worker, int workers)
    {
        ILoadService[] own = [.. _services.Where((_, i) => i % workers == worker)];
        int next = 0;
        return () => own[next++ % own.Length].EchoAsync(Sample.One);
    }

    public async ValueTask DisposeAsync() => await Parallel.ForEachAsync(_clients, (client, _) => client.DisposeAsync());
}
