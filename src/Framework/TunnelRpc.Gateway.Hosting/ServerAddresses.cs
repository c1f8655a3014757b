using System.Collections;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace TunnelRpc.Gateway.Hosting;

/// <summary>
/// The public addresses of the application, which the gateway states when it accepts a claim. Read-only for the application: it cannot
/// choose them. Thread-safe.
/// </summary>
internal sealed class ServerAddresses : IServerAddressesFeature, ICollection<string>
{
    private volatile IReadOnlyList<string> _addresses = [];

    public ICollection<string> Addresses => this;

    public bool PreferHostingUrls
    {
        get => false;
        set
        {
            // There is no choice between addresses: those of the configuration have no effect.
        }
    }

    public int Count => _addresses.Count;

    public bool IsReadOnly => true;

    /// <summary>Replaces the addresses.</summary>
    public void Set(IReadOnlyList<string> addresses) => _addresses = addresses;

    public bool Contains(string item) => _addresses.Contains(item);

    public void CopyTo(string[] array, int arrayIndex) => _addresses.ToArray().CopyTo(array, arrayIndex);

    public IEnumerator<string> GetEnumerator() => _addresses.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public void Add(string item) => throw ReadOnly();

    public void Clear() => throw ReadOnly();

    public bool Remove(string item) => throw ReadOnly();

    private static NotSupportedException ReadOnly() =>
        new("The addresses of an application behind UseTunnelRpcServer are set by its gateway. Remove the URLs of the application.");
}
