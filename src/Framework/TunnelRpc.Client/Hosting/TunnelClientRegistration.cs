namespace TunnelRpc.Client.Hosting;

/// <summary>Marks a client as registered in a service collection, so that a second registration of the same name is an error.</summary>
/// <param name="Name">The client's name; null for the unnamed client.</param>
/// <param name="Configure">Sets the client's options.</param>
internal sealed record TunnelClientRegistration(string? Name, Action<TunnelClientOptions> Configure)
{
    /// <summary>Returns the address of the client in words, for the error of a second registration.</summary>
    public string DescribeAddress()
    {
        var options = new TunnelClientOptions();
        try
        {
            Configure(options);
        }
        catch (Exception error)
        {
            // The callback is the application's. The error of the second registration is thrown in any case.
            return $"an address that is not known (its options failed: {error.Message})";
        }

        // The validation, which comes later, refuses addresses with credentials; until then they must not appear in a message.
        return options.Address is { IsAbsoluteUri: true } address
            ? address.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped)
            : options.AddressResolver is null ? "no address" : "the addresses of its AddressResolver";
    }
}
