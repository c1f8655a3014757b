using System.Threading.Channels;

namespace TunnelRpc.Generators.Tests.RoundTrip;

/// <summary>Streams as observables and channel readers: of the call, as results, and by reference.</summary>
[TunnelService]
public partial interface IFeeds
{
    IObservable<int> CountObservable(int count);

    ChannelReader<int> CountChannel(int count);

    Task<int> SumObservableAsync(IObservable<int> items);

    Task<int> SumChannelAsync(ChannelReader<int> items);

    IObservable<string> Describe(ChannelReader<int> items, CancellationToken cancellationToken = default);

    ChannelReader<int> Merge(IAsyncEnumerable<int> first, IObservable<int> second);

    Task<IObservable<int>?> OpenObservableAsync(int count);

    Task<(string Name, ChannelReader<int> Items)> OpenChannelAsync(int count);

    /// <summary>Returns a stream without end. <see cref="Feeds.Endless"/> completes when it is cancelled.</summary>
    IObservable<int> EndlessObservable();

    /// <summary>Produces one more item than the limit before the peer reads one.</summary>
    IObservable<int> Fast();

    IObservable<int> Failing();
}
