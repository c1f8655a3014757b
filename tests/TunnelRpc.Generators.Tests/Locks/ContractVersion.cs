namespace TunnelRpc.Generators.Tests.Locks;

/// <summary>One version of a contract, its implementation, and a client of it, as source code.</summary>
/// <param name="Methods">The methods of the contract.</param>
/// <param name="Body">Their implementation.</param>
/// <param name="Call">
/// The code of the client: it calls <c>contract</c> and returns a text that shows what it received.
/// </param>
internal sealed record ContractVersion(string Methods, string Body, string Call)
{
    /// <summary>The types that the contract uses.</summary>
    public string Types { get; init; } = "";

    /// <summary>The attributes of the contract.</summary>
    public string Attributes { get; init; } = "[TunnelService(Name = \"shop\")]";

    /// <summary>The parameters of the constructor of the implementation.</summary>
    public string Injected { get; init; } = "";

    /// <summary>The statement that registers the implementation at a server.</summary>
    public string Serve { get; init; } = "server.AddService<IShop, Shop>();";

    /// <summary>The statement that configures a client.</summary>
    public string Configure { get; init; } = "";

    /// <summary>The whole source.</summary>
    public string Source => $$"""
        using System;
        using System.Collections.Generic;
        using System.Linq;
        using System.Threading;
        using System.Threading.Tasks;
        using TunnelRpc;
        using TunnelRpc.Client;

        namespace Acme;

        {{Attributes}}
        public partial interface IShop { {{Methods}} }

        {{Types}}

        public sealed class Shop({{Injected}}) : IShop { {{Body}} }

        public static class Peer
        {
            public static void Serve(TunnelServerBuilder server) { {{Serve}} }

            public static void Configure(TunnelClientOptions options) { {{Configure}} }

            public static async Task<string> CallAsync(TunnelClient client)
            {
                IShop contract = client.Get<IShop>();
                {{Call}}
            }
        }
        """;
}
