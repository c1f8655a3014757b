using System.Collections;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http.Features;

namespace TunnelRpc.Gateway.Hosting.Exchanges;

/// <summary>
/// The features of one request at a time. It is reused for further requests, so that the host reuses its context and the HttpContext with
/// it, as it does for the requests of a Kestrel connection. Not thread-safe.
/// </summary>
internal sealed class RequestFeatures<TContext> : IFeatureCollection, IHostContextContainer<TContext>
    where TContext : notnull
{
    private readonly Dictionary<Type, object> _features = [];

    /// <summary>The context of the host, which it keeps here between requests.</summary>
    public TContext? HostContext { get; set; }

    public bool IsReadOnly => false;

    public int Revision { get; private set; }

    public object? this[Type key]
    {
        get
        {
            ArgumentNullException.ThrowIfNull(key);
            return _features.GetValueOrDefault(key);
        }

        set
        {
            ArgumentNullException.ThrowIfNull(key);
            Revision++;
            if (value is null)
            {
                _features.Remove(key);
            }
            else
            {
                _features[key] = value;
            }
        }
    }

    public TFeature? Get<TFeature>() => _features.TryGetValue(typeof(TFeature), out object? feature) ? (TFeature)feature : default;

    public void Set<TFeature>(TFeature? instance) => this[typeof(TFeature)] = instance;

    /// <summary>Removes all features, for the next request.</summary>
    public void Clear()
    {
        Revision++;
        _features.Clear();
    }

    public IEnumerator<KeyValuePair<Type, object>> GetEnumerator() => _features.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
