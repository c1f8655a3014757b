namespace TunnelRpc.Client.Hosting;

/// <summary>Marks a client as registered in a service collection, so that a second registration of the same name is an error.</summary>
/// <param name="Name">The client's name; null for the unnamed client.</param>
internal sealed record TunnelClientRegistration(string? Name);
