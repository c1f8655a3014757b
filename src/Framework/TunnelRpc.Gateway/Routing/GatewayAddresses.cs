using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace TunnelRpc.Gateway.Routing;

/// <summary>The public addresses of names. Thread-safe.</summary>
internal sealed class GatewayAddresses(IOptions<TunnelGatewayOptions> options, IServiceProvider services)
{
    // The first mapped pattern; set once, while the application maps its endpoints.
    private GatewayPattern? _pattern;

    /// <summary>Whether MapTunnelGateway was called, or the address is configured.</summary>
    public bool IsMapped => _pattern is not null || options.Value.PublicAddress is not null;

    /// <summary>Adds a mapped pattern. The first one is that of the addresses.</summary>
    public void Add(GatewayPattern pattern) => Interlocked.CompareExchange(ref _pattern, pattern, null);

    /// <summary>
    /// Returns the public address of a name: of the option PublicAddress, or of the first mapped pattern at
    /// <paramref name="reachedAt"/>.
    /// </summary>
    /// <param name="name">The name.</param>
    /// <param name="reachedAt">
    /// The address by which a client has reached the server, for instance scheme and host of its request; null when it is unknown. Then
    /// the address of a pattern that is a path is relative to the server's, and has no slash at its start.
    /// </param>
    public Uri GetAddress(string name, Uri? reachedAt)
    {
        if (options.Value.PublicAddress is { } template)
        {
            return new Uri(template.Replace(TunnelGatewayOptions.NamePlaceholder, name, StringComparison.Ordinal));
        }

        GatewayPattern pattern = _pattern
            ?? throw new InvalidOperationException("Expected a mapped gateway, found none. Call MapTunnelGateway, or set PublicAddress.");
        return pattern.GetAddress(name, reachedAt ?? (pattern.IsHost ? FindServerAddress() : null));
    }

    private Uri? FindServerAddress()
    {
        ICollection<string>? addresses = services.GetService<IServer>()?.Features.Get<IServerAddressesFeature>()?.Addresses;
        foreach (string address in addresses ?? [])
        {
            // "http://*:80" and "http://+:80" are no addresses of Uri.
            string named = address
                .Replace("*", "localhost", StringComparison.Ordinal)
                .Replace("+", "localhost", StringComparison.Ordinal);
            if (Uri.TryCreate(named, UriKind.Absolute, out Uri? parsed))
            {
                return parsed;
            }
        }

        return null;
    }
}
