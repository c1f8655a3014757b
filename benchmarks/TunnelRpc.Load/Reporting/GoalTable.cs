using System.Globalization;

namespace TunnelRpc.Load.Reporting;

/// <summary>Prints the targets with the measured values.</summary>
internal static class GoalTable
{
    public static void Print(IReadOnlyList<Measurement> rows)
    {
        Goal[] goals = [.. new GoalList(rows).All().Where(g => g.Measured is not null)];
        if (goals.Length == 0)
        {
            return;
        }

        Console.WriteLine();
        Console.WriteLine($"{"target",-62} {"measured",14} {"required",20}");
        foreach (Goal goal in goals)
        {
            string measured = string.Create(CultureInfo.InvariantCulture, $"{goal.Measured:0.000} {goal.Unit}");
            Console.WriteLine($"{goal.Text,-62} {measured,14} {goal.Requirement,20}  {(goal.IsMet ? "met" : "not met")}");
        }
    }
}
