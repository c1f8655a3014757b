namespace TunnelRpc.Generators.Tests.Documentation;

/// <summary>The namespaces that the SDK imports into a project with <c>ImplicitUsings</c>.</summary>
internal static class ImplicitUsings
{
    private static readonly string[] Sdk =
    [
        "System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Net.Http", "System.Threading", "System.Threading.Tasks",
    ];

    private static readonly string[] Web =
    [
        "System.Net.Http.Json", "Microsoft.AspNetCore.Builder", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Http",
        "Microsoft.AspNetCore.Routing", "Microsoft.Extensions.Configuration", "Microsoft.Extensions.DependencyInjection",
        "Microsoft.Extensions.Hosting", "Microsoft.Extensions.Logging",
    ];

    /// <summary>The namespaces of Microsoft.NET.Sdk.Web, or of Microsoft.NET.Sdk.</summary>
    public static IEnumerable<string> Of(bool isWeb) => isWeb ? Sdk.Concat(Web) : Sdk;
}
