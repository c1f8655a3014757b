using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Options;

namespace TunnelRpc.Gateway.Inspection;

/// <summary>
/// The last requests, in a ring, and their readers. Its memory is at most the number of requests times twice the size of a body and the
/// fields. Thread-safe.
/// </summary>
internal sealed class ExchangeLog
{
    /// <summary>The changes that wait for one reader; beyond it the oldest are left out.</summary>
    private const int MaxWaitingChanges = 256;

    private readonly TunnelGatewayOptions _options;
    private readonly Lock _gate = new();

    // All guarded by _gate. The queue has at most InspectedRequests elements, the oldest first.
    private readonly Queue<InspectedExchange> _exchanges = new();
    private readonly List<Channel<GatewayExchange>> _readers = [];
    private long _lastId;

    public ExchangeLog(IOptions<TunnelGatewayOptions> options) => _options = options.Value;

    /// <summary>The clock.</summary>
    public TimeProvider TimeProvider => _options.TimeProvider;

    /// <summary>The bytes of each body that are kept.</summary>
    public int MaxBodySize => _options.InspectedBodySize;

    /// <summary>Begins to record a request; null if inspection is off.</summary>
    public InspectedExchange? Begin()
    {
        if (_options.InspectedRequests == 0)
        {
            return null;
        }

        lock (_gate)
        {
            return new InspectedExchange(this, ++_lastId);
        }
    }

    /// <summary>Adds a request to the ring.</summary>
    public void Add(InspectedExchange exchange)
    {
        lock (_gate)
        {
            if (_exchanges.Count == _options.InspectedRequests)
            {
                _exchanges.Dequeue();
            }

            _exchanges.Enqueue(exchange);
        }
    }

    /// <summary>Passes a change to the readers.</summary>
    public void Publish(InspectedExchange exchange)
    {
        GatewayExchange? snapshot = null;
        lock (_gate)
        {
            foreach (Channel<GatewayExchange> reader in _readers)
            {
                reader.Writer.TryWrite(snapshot ??= exchange.TakeSnapshot());
            }
        }
    }

    /// <summary>A snapshot of the ring, the oldest request first.</summary>
    public IReadOnlyList<GatewayExchange> GetRecent()
    {
        lock (_gate)
        {
            return [.. _exchanges.Select(exchange => exchange.TakeSnapshot())];
        }
    }

    /// <summary>Returns the changes from the first request of an element on.</summary>
    public async IAsyncEnumerable<GatewayExchange> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Channel<GatewayExchange> reader = Channel.CreateBounded<GatewayExchange>(
            new BoundedChannelOptions(MaxWaitingChanges) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        lock (_gate)
        {
            _readers.Add(reader);
        }

        try
        {
            await foreach (GatewayExchange change in reader.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return change;
            }
        }
        finally
        {
            lock (_gate)
            {
                _readers.Remove(reader);
            }
        }
    }
}
