namespace TunnelRpc.Client.Connecting;

/// <summary>In which order a client's addresses are tried. One loop's.</summary>
internal sealed class AddressSelector(TunnelClientOptions options)
{
    private Uri? _deprioritized;

    /// <summary>The server there goes away, or its sessions are lost: others are tried before it, next time.</summary>
    public void Deprioritize(Uri address) => _deprioritized = address;

    /// <summary>The addresses, in the order in which to try them; at least one.</summary>
    /// <exception cref="ArgumentException">The resolver gave none, or one that cannot be used.</exception>
    public async ValueTask<IReadOnlyList<Uri>> GetOrderedAddressesAsync(CancellationToken cancellationToken)
    {
        Uri[] addresses = options.AddressResolver is { } resolve
            ? [.. (await resolve(cancellationToken).ConfigureAwait(false)).Select(EnsureValid)]
            : [options.Address!, .. options.FurtherAddresses];
        if (addresses.Length == 0)
        {
            throw new ArgumentException("AddressResolver must give at least one address, gave none.");
        }

        if (options.AddressSelection == TunnelAddressSelection.Random)
        {
            options.Random.Shuffle(addresses);
        }

        Uri? avoided = _deprioritized;
        _deprioritized = null;
        return [.. addresses.Distinct().OrderBy(a => a == avoided ? 1 : 0)];
    }

    private static Uri EnsureValid(Uri address)
    {
        TunnelClientOptions.ValidateAddress(address, nameof(TunnelClientOptions.AddressResolver));
        return address;
    }
}
