using System.Globalization;
using System.Text;

namespace TunnelRpc.Compile;

/// <summary>A project with many contracts, as a large application has them.</summary>
/// <param name="Services">The number of services.</param>
/// <param name="MethodsPerService">The number of methods of each service.</param>
/// <param name="Records">The number of records of 6 members. Each is used by at least one method if there are enough methods.</param>
internal sealed record SampleProject(int Services, int MethodsPerService, int Records)
{
    public const int MembersPerRecord = 6;

    /// <summary>The files, by name.</summary>
    /// <param name="annotated">Whether the interfaces are contracts; without, the project has the same types and no generated code.</param>
    public Dictionary<string, string> CreateFiles(bool annotated)
    {
        Dictionary<string, string> files = [];
        for (int i = 0; i < Records; i++)
        {
            files[$"Record{Text(i)}.cs"] = CreateRecord(i);
        }

        for (int i = 0; i < Services; i++)
        {
            files[$"IService{Text(i)}.cs"] = CreateService(i, annotated);
        }

        files["Logic.cs"] = CreateLogic("1");
        return files;
    }

    /// <summary>A class with code in a method body, which has nothing to do with the contracts.</summary>
    public static string CreateLogic(string body) => $$"""
        namespace Sample;

        public static class Logic
        {
            public static int Compute(int value)
            {
                return value + {{body}};
            }
        }
        """;

    /// <summary>The source of a service.</summary>
    /// <param name="index">Its index.</param>
    /// <param name="annotated">Whether it is a contract.</param>
    /// <param name="extraMethod">The name of one method more; null for none.</param>
    public string CreateService(int index, bool annotated, string? extraMethod = null)
    {
        var code = new StringBuilder("using System.Threading;\nusing System.Threading.Tasks;\n\nnamespace Sample;\n\n");
        code.Append(annotated ? "[TunnelRpc.TunnelService]\n" : "");
        code.Append(CultureInfo.InvariantCulture, $"public partial interface IService{index}\n{{\n");
        for (int i = 0; i < MethodsPerService; i++)
        {
            int record = ((index * MethodsPerService) + i) % Records;
            code.Append(
                CultureInfo.InvariantCulture,
                $"    Task<Record{record}> Call{i}Async(int id, Record{record} value, CancellationToken cancellationToken = default);\n\n");
        }

        if (extraMethod is not null)
        {
            code.Append(CultureInfo.InvariantCulture, $"    Task {extraMethod}(int id);\n\n");
        }

        return code.Append("}\n").ToString();
    }

    private static string CreateRecord(int index) => string.Create(CultureInfo.InvariantCulture, $$"""
        using System;
        using System.Collections.Generic;

        namespace Sample;

        public sealed record Record{{index}}(int Id, string Name, DateTime Created, decimal Price, string? Comment, List<string> Tags);
        """);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
