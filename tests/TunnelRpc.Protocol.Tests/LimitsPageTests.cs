using System.Reflection;
using Shouldly;
using TunnelRpc.Hosting;
using Xunit;

namespace TunnelRpc.Protocol.Tests;

/// <summary>docs/limits.md names every limit and option.</summary>
public sealed class LimitsPageTests
{
    [Theory]
    [InlineData(typeof(TunnelLimits))]
    [InlineData(typeof(TunnelOptions))]
    [InlineData(typeof(TunnelServerOptions))]
    public void Every_limit_and_option_is_on_the_page(Type options)
    {
        string page = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "limits.md"));

        foreach (PropertyInfo property in options.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly))
        {
            page.ShouldContain($"`{property.Name}`");
        }
    }
}
