namespace TunnelRpc.Client.Connecting;

/// <summary>Orders a client's addresses for a connect attempt. Used by one loop.</summary>
internal sealed class AddressSelector(TunnelClientOptions options)
{
    private Uri? _deprioritized;

    /// <summary>
    /// The next attempt tries the other addresses before this one, because the server there shuts down or has ended its session.
    /// </summary>
    public void Deprioritize(Uri address) => _deprioritized = address;

    /// <summary>Returns the addresses in the order of the attempts; at least one.</summary>
    /// <exception cref="ArgumentException">The resolver returned no address, or one that cannot be used.</exception>
    public async ValueTask<IReadOnlyList<Uri>> GetOrderedAddressesAsync(CancellationToken cancellationToken)
    {
        Uri[] addresses = options.AddressResolver is { } resolve
            ? [.. (await ApplicationLookup.RunAsync(resolve, nameof(options.AddressResolver), options, cancellationToken)
                .ConfigureAwait(false)).Select(EnsureValid)]
            : [options.Address!, .. options.FurtherAddresses];
        if (addresses.Length == 0)
        {
            throw new ArgumentException("AddressResolver must return at least one address; it returned none.");
        }

        if (options.AddressSelection == TunnelAddressSelection.Random)
        {
            options.Random.Shuffle(addresses);
        }

        Uri? last = _deprioritized;
        _deprioritized = null;
        return [.. addresses.Distinct().OrderBy(a => a == last ? 1 : 0)];
    }

    private static Uri EnsureValid(Uri address)
    {
        TunnelClientOptions.ValidateAddress(address, nameof(TunnelClientOptions.AddressResolver));
        return address;
    }
}
